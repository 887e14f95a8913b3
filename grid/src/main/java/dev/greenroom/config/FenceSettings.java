package dev.greenroom.config;

/// What sessions may reach from a worker.
@Section("Fence")
public record FenceSettings(
        @Setting(
                name = "BLOCK_PRIVATE_NETWORK",
                fallback = "false",
                meaning = "true: requests of the driver (context.request) reach no private address, and pages of"
                        + " chromium none that is written as a number or named localhost, nor anybody by datagrams of"
                        + " WebRTC. Metadata addresses, Redis and the grid's own ports are closed to the driver in any"
                        + " case.")
        boolean blockPrivateNetwork) {}
