/// The composition roots: `greenroom up`, `proxy`, `worker` and the tool commands. Each program is one
/// class that creates its parts in order of dependence and closes them in reverse. Only this package
/// uses all the others.
@NullMarked
package dev.greenroom.app;

import org.jspecify.annotations.NullMarked;
