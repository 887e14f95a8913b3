/// What is left of a session: one log line, and whoever counts. Nothing is decided here.
@NullMarked
package dev.greenroom.proxy.ending;

import org.jspecify.annotations.NullMarked;
