/// Child processes: a command comes in, a running program with its output goes out. Nothing here knows what
/// a grid is.
@NullMarked
package dev.greenroom.e2e.process;

import org.jspecify.annotations.NullMarked;
