package dev.greenroom.config;

/// What a proxy is told, wherever its registry is.
public record ProxySections(
        ListenSettings listen,
        ConnectionSettings connections,
        QueueSettings queue,
        DefaultsSettings defaults,
        LeaseSettings lease,
        DialSettings dial,
        RelaySettings relay,
        ShutdownSettings shutdown) {}
