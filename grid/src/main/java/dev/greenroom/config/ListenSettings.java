package dev.greenroom.config;

/// Where the public port is.
@Section("Listening")
public record ListenSettings(
        @Setting(
                name = "PORT",
                fallback = "8080",
                meaning = "TCP port that clients connect to, 1 to 65535; 0 takes a free one.")
        int port,

        @Setting(
                name = "BIND_ADDRESS",
                fallback = "0.0.0.0",
                meaning = "Address to listen on. `greenroom up` listens on 127.0.0.1 unless told otherwise.")
        String bindAddress) {
    /// A port that exists, and an address that can be one.
    public ListenSettings {
        new Rules()
                .within("PORT", port, 0, 65_535)
                .host("BIND_ADDRESS", bindAddress)
                .check();
    }
}
