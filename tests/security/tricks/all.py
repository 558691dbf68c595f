"""All tricks, in one list."""

from tests.security.tricks import (
    builtins_and_attributes,
    decorators_and_metaclasses,
    dunder_classes,
    eval_and_exec,
    files_and_system,
    format_strings,
    frames_and_code,
    generators_async,
    host_functions,
    imports_and_modules,
    leaks_in_modules,
    leaks_in_names,
)
from tests.security.tricks.model import Trick

FAMILIES = (
    builtins_and_attributes,
    frames_and_code,
    imports_and_modules,
    files_and_system,
    format_strings,
    eval_and_exec,
    dunder_classes,
    generators_async,
    decorators_and_metaclasses,
    host_functions,
    leaks_in_modules,
    leaks_in_names,
)

TRICKS: tuple[Trick, ...] = tuple(one for family in FAMILIES for one in family.TRICKS)
