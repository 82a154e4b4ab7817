"""AWS on this machine, for those who try functions; needs the extra `local`."""
