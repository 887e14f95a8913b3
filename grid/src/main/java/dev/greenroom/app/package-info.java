/// The programs: `greenroom up`, `proxy` and `worker`, and what the tool commands are made of. Each program
/// is one class that creates its parts in order of dependence and closes them in reverse. Only this package
/// knows all the others.
@NullMarked
package dev.greenroom.app;

import org.jspecify.annotations.NullMarked;
