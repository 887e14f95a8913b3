package dev.greenroom.worker.driver;

import dev.greenroom.session.Browser;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// How a browser is launched.
///
/// @param executable the browser's program
/// @param channel Playwright's name of a branded browser
/// @param sandbox whether Chromium's own sandbox is on
/// @param args more command line arguments
/// @param timeout after which the driver gives up
public record LaunchSpec(
        Browser type,
        Path executable,
        Optional<String> channel,
        boolean headless,
        boolean sandbox,
        List<String> args,
        Duration timeout) {
    public LaunchSpec {
        args = List.copyOf(args);
    }
}
