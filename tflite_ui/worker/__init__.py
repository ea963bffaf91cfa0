"""What runs in a child process alone. See ``protocol`` for the contract."""
