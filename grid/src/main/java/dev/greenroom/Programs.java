package dev.greenroom;

import dev.greenroom.cli.Launches;

/// Wires what the commands start.
final class Programs {
    private Programs() {}

    static Launches launches() {
        return new Launches(
                _ -> {
                    throw new IllegalStateException("there is no grid in this build yet");
                },
                _ -> {
                    throw new IllegalStateException("there is no proxy in this build yet");
                },
                _ -> {
                    throw new IllegalStateException("there is no worker in this build yet");
                });
    }
}
