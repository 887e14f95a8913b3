package dev.greenroom.config;

/// What sessions may reach from a worker.
@Section("Fence")
public record FenceSettings(
        @Setting(
                name = "BLOCK_PRIVATE_NETWORK",
                fallback = "false",
                meaning =
                        "true: the driver's requests reach no private address, pages of chromium none that is written as"
                                + " a number or local name, WebRTC sends no datagram, and a client's own proxy there is refused."
                                + " exposeNetwork works. SECURITY.md says more.")
        boolean blockPrivateNetwork) {}
