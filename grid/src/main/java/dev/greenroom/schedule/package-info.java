/// Work that repeats. What comes in is a task and an interval; a failure goes to the log and never further.
@NullMarked
package dev.greenroom.schedule;

import org.jspecify.annotations.NullMarked;
