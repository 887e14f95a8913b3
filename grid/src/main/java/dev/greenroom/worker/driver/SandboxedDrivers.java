package dev.greenroom.worker.driver;

import dev.greenroom.worker.driver.Driver.DriverStarter;
import dev.greenroom.worker.process.NodeBinary;
import dev.greenroom.worker.store.DriverPackage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/// Starts drivers as sandboxed child processes. Safe for use by many threads.
public final class SandboxedDrivers implements DriverStarter {
    private static final Duration START_TIMEOUT = Duration.ofSeconds(20);

    private final DriverCommandLine command;
    private final BlockedPorts blockedPorts;
    private final RunFolders folders;

    /// @param node runs them
    /// @param policy where they may not connect to
    /// @param blockedPorts of the grid
    /// @param environment of this process; drivers get only a few harmless variables of it
    /// @param videoRecorder records videos where Playwright has no program of its own for that
    /// @param folders of the drivers, and the user that they run as; closed by the caller, after the
    ///     drivers
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
        var readable = new DriverPackage(driver.version(), driver.release(), folders.readable(driver.folder()));
        var host = DriverProcess.start(driver, folder, command.of(readable, folder), START_TIMEOUT);
        host.apply(blockedPorts);
        return host;
    }
}
