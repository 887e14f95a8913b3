package dev.greenroom.worker.browser;

import dev.greenroom.config.WorkerSections.BrowserSettings;
import dev.greenroom.session.BrowserType;
import dev.greenroom.worker.browser.BrowserSearch.BrowserBinary;
import dev.greenroom.worker.browser.BrowserUsers.CurrentUser;
import dev.greenroom.worker.process.BrowserUser;
import dev.greenroom.worker.process.ExternalCommand;
import dev.greenroom.worker.process.FolderTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// The decision whether Chromium's own sandbox is used.
sealed interface ChromiumSandbox {
    /// It is used, or the browser needs no option for it.
    record On() implements ChromiumSandbox {}

    /// It is not used.
    ///
    /// @param warning for people: why, and what that means
    record Off(String warning) implements ChromiumSandbox {}

    /// It is required by the settings, but does not work.
    ///
    /// @param why for people
    record Refused(String why) implements ChromiumSandbox {}

    /// Decides, with a test launch where necessary; blocks for some seconds at most.
    ///
    /// @param user of the browsers
    static ChromiumSandbox decide(BrowserSettings settings, BrowserBinary browser, BrowserUser user)
            throws InterruptedException {
        if (settings.type() != BrowserType.CHROMIUM) {
            return new On();
        }
        if (settings.sandbox() == BrowserSettings.Sandbox.FALSE) {
            return new Off("the browser's sandbox is off because BROWSER_SANDBOX is false");
        }
        if (!isLinux()) {
            return new On();
        }
        var root = CurrentUser.isRoot() && user instanceof BrowserUser.OfWorker;
        if (!root && works(browser, user)) {
            return new On();
        }
        var why = root
                ? "Chromium's sandbox does not work as root; run the worker as another user"
                : "the kernel refuses Chromium's sandbox; allow unprivileged user namespaces";
        return settings.sandbox() == BrowserSettings.Sandbox.TRUE
                ? new Refused("BROWSER_SANDBOX is true, but " + why)
                : new Off("the browser's sandbox is off, a hostile page has one wall less to break: " + why);
    }

    /// A Chromium without a usable sandbox exits before it opens a page.
    private static boolean works(BrowserBinary browser, BrowserUser user) throws InterruptedException {
        Path profile;
        try {
            profile = Files.createTempDirectory("greenroom-probe-");
            user.own(profile);
        } catch (IOException _) {
            return false;
        }
        try {
            var line = List.of(
                    browser.path().toString(),
                    "--headless",
                    "--disable-gpu",
                    "--no-first-run",
                    "--user-data-dir=" + profile,
                    "--dump-dom",
                    "about:blank");
            return user.command(line, System.getenv(), Map.of("HOME", profile.toString()))
                    .run(Duration.ofSeconds(15))
                    .filter(ExternalCommand.CommandResult::succeeded)
                    .filter(outcome -> outcome.output().toLowerCase(Locale.ROOT).contains("<html"))
                    .isPresent();
        } finally {
            FolderTree.delete(profile);
        }
    }

    private static boolean isLinux() {
        return System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("linux");
    }
}
