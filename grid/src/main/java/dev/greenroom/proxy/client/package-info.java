/// The client's side of a session: the parsed request, the answers to it, the log line at its end.
@NullMarked
package dev.greenroom.proxy.client;

import org.jspecify.annotations.NullMarked;
