/// The log of the process. Events of SLF4J come in, from any thread; lines of logfmt or JSON go out, one for each
/// event,
/// bounded in length and in number. No caller ever waits for the stream, and no value can break a line.
@NullMarked
package dev.greenroom.ops.log;

import org.jspecify.annotations.NullMarked;
