package dev.greenroom.config;

/// What a proxy is told, wherever its registry is.
public record ProxySections(
        ListenSettings listen,
        ConnectionSettings connections,
        AccessSettings access,
        QueueSettings queue,
        ClientSettings defaults,
        LeaseSettings lease,
        DialSettings dial,
        GridSecretSettings secret,
        RelaySettings relay,
        ShutdownSettings shutdown) {

    private static final int FEW = 100;

    /// The same on a free port of the loopback interface, for a few sessions of our own: open, and without a secret.
    public ProxySections onLoopback() {
        return new ProxySections(
                new ListenSettings(0, "127.0.0.1"),
                new ConnectionSettings(FEW, FEW),
                AccessSettings.open(),
                queue,
                defaults,
                lease,
                dial,
                GridSecretSettings.none(),
                relay,
                shutdown);
    }
}
