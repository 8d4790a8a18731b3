"""HTTP below the framework: what holds for every request, and the server that brings them."""
