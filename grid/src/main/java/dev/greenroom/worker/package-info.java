/// A worker: serves one browser type. Sessions come in at `gateway`, get a browser out of `pool` and are relayed to it;
/// `presence` tells the registry and takes its orders. [dev.greenroom.worker.WorkerServer] is one incarnation, from its
/// registration to its end. Nothing here knows the proxy.
@NullMarked
package dev.greenroom.worker;

import org.jspecify.annotations.NullMarked;
