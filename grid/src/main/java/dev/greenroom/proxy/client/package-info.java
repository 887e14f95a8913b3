/// A client that asks for a session: a request head comes in, a checked request or an answer goes out. Nothing is
/// decided here about whether it may have one.
@NullMarked
package dev.greenroom.proxy.client;

import org.jspecify.annotations.NullMarked;
