"""What the tests know of each module's exercises, shared with no check.

A module here is called as the one in `utils.exercises` and has:

- `RIGHT`: {name: {what it is: answer}}, six correct variants or more.
- `INPUTS`: {name: function of a NumPy generator that draws valid arguments}.
- `TRIES` (optional): {name: how many inputs a mutant is tried on}, if not 1,000.
- `UNMUTATED` (optional): {name: why its mutants are not tried}.
- `SURVIVORS` (optional): {name: {mutants that differ and are accepted}}.
- `EQUIVALENT` (optional): {name: {mutants that give the same on all inputs}}.

Of those two, what is listed was tried before it was: survivors are not tried again,
equivalent ones on 20 inputs.
"""
