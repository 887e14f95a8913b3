/// The relay compared with no proxy, HAProxy and nginx. Client and backend are a small program in C, so that
/// the relay dominates what is measured. Only figures of the same run are compared.
@NullMarked
package dev.greenroom.bench.relay;

import org.jspecify.annotations.NullMarked;
