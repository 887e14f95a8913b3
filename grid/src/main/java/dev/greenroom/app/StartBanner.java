package dev.greenroom.app;

import dev.greenroom.config.ProxySections.ListenSettings;
import dev.greenroom.session.BrowserType;
import dev.greenroom.session.PlaywrightVersion;
import dev.greenroom.session.PlaywrightVersion.SupportedVersions;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.worker.browser.BrowserSetup.VideoRecorder;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// Prints what a user of `greenroom up` reads on the terminal.
record StartBanner(PrintStream out) {

    void progress(String line) {
        out.println("  … " + line);
        out.flush();
    }

    /// @param withTokens whether clients need a token
    /// @param took how long the start took
    void ready(ListenSettings listen, int port, Offer offer, boolean withTokens, Duration took) {
        var secure = listen.tlsCertFile().isPresent() ? "s" : "";
        var authority = WorkerEndpoint.authority(LoopbackAddress.of(listen.bindAddress()), port);
        var connect = "ws" + secure + "://" + authority;
        out.println();
        out.printf(Locale.ROOT, "Greenroom is ready (%.1f s). Ctrl-C stops it.%n", took.toMillis() / 1_000.0);
        out.println();
        out.println("  connect     " + connect);
        if (offer.type() == BrowserType.CHROMIUM) {
            out.println("  cdp         http" + secure + "://" + authority + ", for Puppeteer and connectOverCDP");
        }
        out.println("  dashboard   http" + secure + "://" + authority);
        out.println("  browser     " + offer.browser() + ", " + offer.program());
        out.println("  playwright  " + offer.words());
        if (!offer.recordsVideos()) {
            out.println("  video       none is recorded: there is no ffmpeg here; " + VideoRecorder.REMEDY);
        }
        out.println();
        var call = "  const browser = await " + offer.type().wireName() + ".connect('" + connect + "'";
        if (withTokens) {
            out.println(call + ", {");
            out.println("    headers: { Authorization: 'Bearer ' + process.env.GREENROOM_TOKEN },");
            out.println("  });");
        } else {
            out.println(call + ");");
        }
        out.println();
        out.flush();
    }

    /// What the grid offers to clients.
    record Offer(
            BrowserType type,
            String browser,
            Path program,
            SupportedVersions served,
            List<PlaywrightVersion> here,
            boolean recordsVideos) {
        private String words() {
            var versions = here.stream().map(PlaywrightVersion::toString).collect(Collectors.joining(", "));
            return served instanceof SupportedVersions.Any
                    ? "any version; here already: " + versions + "; others are fetched on first use"
                    : served + "; here already: " + versions;
        }
    }

    void draining(int sessions) {
        out.println();
        out.println(
                sessions == 0
                        ? "Stopping."
                        : "Stopping when " + sessions + (sessions == 1 ? " session has" : " sessions have")
                                + " finished. Ctrl-C again ends everything at once.");
        out.flush();
    }

    void failed(String cause) {
        out.println("The worker failed: " + cause);
        out.flush();
    }
}
