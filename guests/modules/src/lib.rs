//! Nothing: the examples are all that there is. A package needs a library or an executable to have them.
