package dev.greenroom.config;

/// How many connections a proxy takes.
@Section("Connections")
public record ConnectionSettings(
        @Setting(
                name = "MAX_CONNECTIONS",
                fallback = "20000",
                meaning = "Connections at once, 1 or more; at most half of the descriptors that the process may open,"
                        + " since a session needs two.")
        int maxConnections,

        @Setting(
                name = "MAX_CONNECTIONS_PER_ADDRESS",
                fallback = "1000",
                meaning = "Connections at once from one address, 1 or more. Behind a load balancer all clients have"
                        + " its address: set this as high as MAX_CONNECTIONS there.")
        int maxConnectionsPerAddress) {
    /// Somebody can connect.
    public ConnectionSettings {
        new Rules()
                .atLeast("MAX_CONNECTIONS", maxConnections, 1)
                .atLeast("MAX_CONNECTIONS_PER_ADDRESS", maxConnectionsPerAddress, 1)
                .check();
    }
}
