package dev.greenroom.config;

/// What a proxy is told, wherever its registry is.
public record ProxySections(
        ListenSettings listen,
        ConnectionSettings connections,
        QueueSettings queue,
        ClientSettings defaults,
        LeaseSettings lease,
        DialSettings dial,
        RelaySettings relay,
        ShutdownSettings shutdown) {

    private static final int FEW = 100;

    /// The same on a free port of the loopback interface, for a few connections.
    public ProxySections onLoopback() {
        return new ProxySections(
                new ListenSettings(0, "127.0.0.1"),
                new ConnectionSettings(FEW, FEW),
                queue,
                defaults,
                lease,
                dial,
                relay,
                shutdown);
    }
}
