/// The client's side of a session: the parsed request, the responses to it, and what is reported at its
/// end.
@NullMarked
package dev.greenroom.proxy.client;

import org.jspecify.annotations.NullMarked;
