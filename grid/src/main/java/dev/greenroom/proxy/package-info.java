/// The front door. Connections come in; sessions run; refusals and endings go out. A session is one method call,
/// [dev.greenroom.proxy.Sessions], on one virtual thread: read it first, then the stages in the order in which bytes
/// travel:
/// `client`, `admission`, `selection`, `backend`, `ending`. Nothing here knows what a worker does inside.
@NullMarked
package dev.greenroom.proxy;

import org.jspecify.annotations.NullMarked;
