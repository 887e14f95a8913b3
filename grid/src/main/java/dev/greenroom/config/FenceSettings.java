package dev.greenroom.config;

/// What sessions may reach from a worker.
@Section("Fence")
public record FenceSettings(
        @Setting(
                name = "BLOCK_PRIVATE_NETWORK",
                fallback = "false",
                meaning = "true: requests of the driver (context.request) reach no private address, pages of chromium"
                        + " none that is written as a number or local name, and WebRTC sends no datagram. A client's"
                        + " own proxy on a private address is refused; exposeNetwork works. Metadata"
                        + " addresses, Redis and the grid are closed to the driver anyway.")
        boolean blockPrivateNetwork) {}
