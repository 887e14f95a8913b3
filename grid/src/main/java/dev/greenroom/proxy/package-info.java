/// The proxy. [dev.greenroom.proxy.ProxyServer] creates the parts. [dev.greenroom.proxy.SessionRunner]
/// runs a session: one method call on one virtual thread. Read it first.
/// [dev.greenroom.proxy.Admission] decides whether a client may ask, `queue` acquires a slot,
/// [dev.greenroom.proxy.WorkerDialer] connects to the worker, `net.relay` moves the bytes, and `client`
/// writes the log line.
@NullMarked
package dev.greenroom.proxy;

import org.jspecify.annotations.NullMarked;
