package dev.greenroom.worker.pool;

import dev.greenroom.session.LaunchOverrides;
import dev.greenroom.worker.pool.BrowserPool.TakeResult;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Optional;

/// A JVM with a pool and a browser, to be killed. Prints the process ids of the driver and of the browser.
final class PoolProgram {
    private PoolProgram() {}

    public static void main(String[] args) throws InterruptedException, IOException {
        var browsers = RealBrowsers.open();
        var pool = browsers.pool(RealBrowsers.COLD);
        if (pool.take(Optional.of(RealBrowsers.BUNDLED), LaunchOverrides.NONE, Optional.empty(), RealBrowsers.PATIENCE)
                instanceof TakeResult.Taken(var browser)) {
            new PrintStream(new FileOutputStream(FileDescriptor.out), true)
                    .println(RealBrowsers.driverOf(browser).pid() + " " + browser.pid() + " "
                            + RealBrowsers.workerFolder(browser));
        }
        System.in.read();
    }
}
