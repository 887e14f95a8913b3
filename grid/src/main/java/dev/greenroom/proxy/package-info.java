/// The proxy. [dev.greenroom.proxy.ProxyServer] creates the parts; [dev.greenroom.proxy.SessionRunner] runs
/// a session: one method call on one virtual thread. Read it first. Admission decides, `queue` acquires a
/// slot, [dev.greenroom.proxy.WorkerDialer] connects to the worker, `net.relay` moves the bytes, `client`
/// writes the log line.
@NullMarked
package dev.greenroom.proxy;

import org.jspecify.annotations.NullMarked;
