package dev.greenroom;

import dev.greenroom.cli.Launches;

/// Wires what the commands start.
final class Programs {
    private Programs() {}

    static Launches launches() {
        return new Launches(UpProgram::run, ProxyProgram::run, WorkerProgram::run, Tools.launches());
    }
}
