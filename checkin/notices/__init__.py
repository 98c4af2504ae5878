"""Public notices ("thông báo khẩn"): a place, a window of time and what to do, for those whom nobody can call. A
second person has a say before one goes out, or within hours after."""
