/// The vocabulary of Greenroom: what every other package speaks of. Values only; nothing here opens, starts or waits,
/// and nothing here knows a library beyond the JDK.
@NullMarked
package dev.greenroom.session;

import org.jspecify.annotations.NullMarked;
