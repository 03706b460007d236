"""Play a folder of small inputs on which the product once failed, against real servers."""
