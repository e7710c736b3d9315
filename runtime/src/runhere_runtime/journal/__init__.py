"""What each kernel said, by sequence number, on the user's own disk."""
