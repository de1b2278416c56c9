"""What is known of clusters: columns, sums and caches."""
