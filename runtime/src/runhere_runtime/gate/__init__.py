"""The one gate around the whole application: rules (pure), route labels, and the connection delegate."""
