"""What the tests share: the programs, the generated stubs, and checkers that know what must hold."""
