package dev.greenroom.worker.browser;

import dev.greenroom.data.Json;
import dev.greenroom.session.BrowserType;
import dev.greenroom.worker.browser.BrowserFinder.BrowserCandidate;
import dev.greenroom.worker.store.DriverSource.DriverPackage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/// The browsers in Playwright's cache, on Linux, macOS and Windows.
///
/// @param folder the cache
/// @param driver whose browser revisions are preferred
record CachedBrowsers(Path folder, Optional<DriverPackage> driver) {
    private static final Logger LOG = LoggerFactory.getLogger(CachedBrowsers.class);
    private static final Pattern REVISION = Pattern.compile("(.{1,60})-(\\d{1,9})");
    private static final String COMPLETE = "INSTALLATION_COMPLETE";

    private static final List<String> SHELL = List.of(
            "chrome-headless-shell-linux64/chrome-headless-shell",
            "chrome-headless-shell-linux-arm64/chrome-headless-shell",
            "chrome-linux/headless_shell",
            "chrome-headless-shell-mac-arm64/chrome-headless-shell",
            "chrome-headless-shell-mac-x64/chrome-headless-shell",
            "chrome-mac/headless_shell",
            "chrome-headless-shell-win64/chrome-headless-shell.exe",
            "chrome-win/headless_shell.exe");
    private static final List<String> CHROMIUM = List.of(
            "chrome-linux64/chrome",
            "chrome-linux-arm64/chrome",
            "chrome-linux/chrome",
            "chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing",
            "chrome-mac-x64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing",
            "chrome-mac/Chromium.app/Contents/MacOS/Chromium",
            "chrome-win64/chrome.exe",
            "chrome-win/chrome.exe");
    private static final List<String> FIREFOX =
            List.of("firefox/firefox", "firefox/Nightly.app/Contents/MacOS/firefox", "firefox/firefox.exe");
    private static final List<String> WEBKIT = List.of("pw_run.sh", "Playwright.exe");

    /// Files that stand beside the program of every Chromium, and of every Firefox.
    private static final List<String> BESIDE_THE_PROGRAM = List.of("icudtl.dat", "application.ini");

    private record Installed(Path folder, int revision) {}

    /// Candidates for a browser type, the best first.
    ///
    /// @param headless whether a build without a window will do
    List<BrowserCandidate> of(BrowserType type, boolean headless) {
        return switch (type) {
            case CHROMIUM -> {
                var found = new ArrayList<BrowserCandidate>();
                if (headless) {
                    found.addAll(candidates("chromium-headless-shell", SHELL, true));
                }
                found.addAll(candidates("chromium", CHROMIUM, false));
                yield found;
            }
            case FIREFOX -> candidates("firefox", FIREFOX, false);
            case WEBKIT -> candidates("webkit", WEBKIT, false);
        };
    }

    private List<BrowserCandidate> candidates(String name, List<String> programs, boolean shell) {
        var liked = revision(name);
        return installed(name.replace('-', '_')).stream()
                .sorted(Comparator.<Installed, Boolean>comparing(
                                installed -> liked.filter(revision -> revision == installed.revision())
                                        .isPresent())
                        .thenComparingInt(Installed::revision)
                        .reversed())
                .flatMap(installed -> programs.stream().map(installed.folder()::resolve))
                .map(program -> new BrowserCandidate(program, Optional.empty(), shell))
                .toList();
    }

    private List<Installed> installed(String prefix) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.flatMap(entry -> installed(prefix, entry).stream()).toList();
        } catch (IOException _) {
            return List.of(); // no cache
        }
    }

    private static Optional<Installed> installed(String prefix, Path folder) {
        var matcher = REVISION.matcher(folder.getFileName().toString());
        return matcher.matches() && matcher.group(1).equals(prefix) && Files.exists(folder.resolve(COMPLETE))
                ? Optional.of(new Installed(folder, Integer.parseInt(matcher.group(2))))
                : Optional.empty();
    }

    /// The folder with all files of a browser, and with nothing else: in the cache that of its revision, elsewhere
    /// the one of its program; empty where it is not known to be one.
    ///
    /// @param program without links
    static Optional<Path> installationOf(Path program, Path cache) throws IOException {
        var root = Files.exists(cache) ? cache.toRealPath() : cache;
        if (program.startsWith(root) && program.getNameCount() > root.getNameCount() + 1) {
            return Optional.of(root.resolve(program.getName(root.getNameCount())));
        }
        return BESIDE_THE_PROGRAM.stream().anyMatch(name -> Files.exists(program.resolveSibling(name)))
                ? Optional.ofNullable(program.getParent())
                : Optional.empty();
    }

    /// The revision that the driver was made for.
    private Optional<Integer> revision(String name) {
        return driver.map(it -> it.folder().resolve("browsers.json")).flatMap(file -> {
            try {
                return Json.mapper()
                        .readTree(file.toFile())
                        .path("browsers")
                        .valueStream()
                        .filter(browser -> browser.path("name").asString("").equals(name))
                        .map(browser -> browser.path("revision").asInt(0))
                        .findFirst();
            } catch (JacksonException e) {
                LOG.atDebug()
                        .addKeyValue("file", file)
                        .setCause(e)
                        .addKeyValue("code", "driver-names-no-browsers")
                        .log("No browser revisions found in the driver");
                return Optional.empty();
            }
        });
    }
}
