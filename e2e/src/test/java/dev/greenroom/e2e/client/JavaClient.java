package dev.greenroom.e2e.client;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Download;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.PlaywrightException;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.impl.driver.jar.DriverJar;
import dev.greenroom.e2e.process.Installation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Base64;
import java.util.Map;

/// Playwright for Java. For one thread.
public final class JavaClient implements StockClient, AutoCloseable {
    private static final double PATIENCE_MILLIS = 30_000;

    private final Playwright playwright;

    private JavaClient(Playwright playwright) {
        this.playwright = playwright;
    }

    /// Starts it; its driver is unpacked once for all tests.
    public static JavaClient start() {
        System.setProperty("playwright.cli.dir", driver().toString());
        return new JavaClient(Playwright.create(
                new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))));
    }

    private static Path driver() {
        var folder = Installation.cache("playwright-java").resolve("driver");
        if (Files.isDirectory(folder)) {
            return folder;
        }
        try {
            var draft = Files.createTempDirectory(folder.getParent(), "driver");
            DriverJar.installDriverTo(draft);
            return Files.move(draft, folder, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new IllegalStateException("the driver's jar has an odd address", e);
        }
    }

    @Override
    public String version() {
        return "1.62.1";
    }

    /// Opens a session.
    public Browser connect(String connectString) {
        return playwright
                .chromium()
                .connect(connectString, new BrowserType.ConnectOptions().setTimeout(PATIENCE_MILLIS));
    }

    /// Opens a session over the Chrome DevTools Protocol.
    public Browser connectOverCdp(String address, Map<String, String> headers) {
        return playwright
                .chromium()
                .connectOverCDP(
                        address,
                        new BrowserType.ConnectOverCDPOptions()
                                .setTimeout(PATIENCE_MILLIS)
                                .setHeaders(headers));
    }

    /// Has a page use more and more memory, until it fails.
    ///
    /// @return how it failed
    public static String useUpMemory(Page page) {
        try {
            page.evaluate("() => { for (const all = [];;) all.push(new Uint8Array(4 << 20).fill(1)); }");
            throw new AssertionError("there is no end of memory");
        } catch (PlaywrightException e) {
            return String.valueOf(e.getMessage());
        }
    }

    @Override
    public Visit visit(String connectString, String site) {
        try (var browser = connect(connectString)) {
            return visit(browser.newPage(), site);
        } catch (PlaywrightException e) {
            throw new ClientFailedException(String.valueOf(e.getMessage()));
        }
    }

    private static Visit visit(Page page, String site) {
        page.navigate(site);
        var title = page.title();
        page.click("#press");
        page.click("#press");
        var pressed = page.textContent("#said");
        page.route("**/weather", route -> route.fulfill(new Route.FulfillOptions().setBody("sunshine")));
        page.click("#ask");
        page.waitForFunction("() => document.querySelector('#weather').textContent !== ''");
        var routed = page.textContent("#weather");
        var screenshot = page.screenshot();
        var download = page.waitForDownload(() -> page.click("#report"));
        var file = read(download);
        page.fill("input[name=name]", "Ada");
        page.click("#send");
        page.waitForURL("**/greeting?**");
        return new Visit(
                title,
                pressed,
                routed,
                page.textContent("h1"),
                Base64.getEncoder().encodeToString(screenshot),
                download.suggestedFilename(),
                Base64.getEncoder().encodeToString(file));
    }

    private static byte[] read(Download download) {
        try (var stream = download.createReadStream()) {
            return stream.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        playwright.close();
    }
}
