package dev.greenroom.net.server;

/// The names of all handlers. A channel's pipeline at each stage of its life:
///
/// ```
/// accepted   HEAD ─▶ LAST          reads the request head
/// waiting    WAITING ─▶ LAST       answered by a virtual thread; a hang-up interrupts it
/// dialled    HEAD ─▶ LAST          reads the answer to our upgrade
/// joined     RELAY ─▶ LAST         raw bytes
/// ending     LINGER ─▶ LAST        our last words are out; discards what still comes
/// ```
///
/// On a port that speaks TLS, TLS is before all of them and stays to the end.
public final class PipelineNames {
    static final String TLS = "tls";
    public static final String HEAD = "head";
    public static final String WAITING = "waiting";
    public static final String RELAY = "relay";
    public static final String LINGER = "linger";
    public static final String LAST = "last";

    private PipelineNames() {}
}
