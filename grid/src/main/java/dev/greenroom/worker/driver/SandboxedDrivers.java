package dev.greenroom.worker.driver;

import dev.greenroom.worker.driver.Driver.DriverStarter;
import dev.greenroom.worker.process.NodeBinary;
import dev.greenroom.worker.store.DriverPackage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/// Starts drivers as fenced child processes. Safe for use by many threads.
public final class SandboxedDrivers implements DriverStarter {
    private static final Duration START_PATIENCE = Duration.ofSeconds(20);

    private final DriverCommandLine command;
    private final BlockedPorts blockedPorts;
    private final RunFolders folders;

    /// @param node runs them
    /// @param policy where they may not connect to
    /// @param blockedPorts the grid's own
    /// @param environment this process' own, of which a few harmless variables are handed on
    /// @param videoRecorder records videos where Playwright has no program of its own for that
    /// @param folders where they live, and whose they are; closed by the caller, after the drivers
    public SandboxedDrivers(
            NodeBinary node,
            SandboxPolicy policy,
            BlockedPorts blockedPorts,
            Map<String, String> environment,
            Optional<Path> videoRecorder,
            RunFolders folders) {
        var program = new NodeBinary(folders.readable(node.path()), node.major(), node.minor());
        this.command = new DriverCommandLine(
                program, policy, environment, folders.user(), videoRecorder.map(folders::readable));
        this.blockedPorts = blockedPorts;
        this.folders = folders;
    }

    @Override
    public Driver start(DriverPackage driver) throws InterruptedException {
        var folder = folders.next();
        var mine = new DriverPackage(driver.version(), driver.release(), folders.readable(driver.folder()));
        var host = DriverProcess.start(driver, folder, command.of(mine, folder), START_PATIENCE);
        host.apply(blockedPorts);
        return host;
    }
}
