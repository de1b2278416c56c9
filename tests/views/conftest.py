from stand_in_session import make_session, session

__all__ = ["make_session", "session"]
