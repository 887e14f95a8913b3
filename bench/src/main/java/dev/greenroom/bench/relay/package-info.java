/// The relay beside its peers: nothing in between, HAProxy, nginx. Clients and backend are a small program
/// in C, so that what is measured is the relay. Peers come in, a table of ratios goes out; a relay is never
/// judged by a figure that was not measured in the same run.
@NullMarked
package dev.greenroom.bench.relay;

import org.jspecify.annotations.NullMarked;
