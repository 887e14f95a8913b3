package dev.greenroom.worker.pool;

import static dev.greenroom.worker.pool.RealBrowsers.COLD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.session.ClientProtocol;
import dev.greenroom.session.LaunchOverrides;
import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.worker.pool.BrowserPool.TakeResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// A real Chromium on its pipe, for clients of the Chrome DevTools Protocol.
class CdpPoolIT {
    @RegisterExtension
    private final RealBrowsers browsers = RealBrowsers.open();

    @Test
    void a_browser_has_a_page_and_a_pipe_and_no_port_and_is_fenced_like_the_others() throws Exception {
        try (var pool = browsers.pool(COLD);
                var browser = take(pool)) {
            var pages = browsers.cdpClient(browser, """
                    return browser.contexts()[0].pages().map(page => page.url()).join();
                    """);

            assertThat(pages).isEqualTo("about:blank");
            var line = Files.readString(Path.of("/proc/" + browser.pid() + "/cmdline"));
            assertThat(line).contains("--remote-debugging-pipe").doesNotContain("--remote-debugging-port");
            assertThat(RealBrowsers.driverOf(browser).info().command()).isPresent();
            assertThat(Files.getOwner(Path.of("/proc/" + browser.pid())))
                    .isEqualTo(Files.getOwner(
                            Path.of("/proc/" + RealBrowsers.driverOf(browser).pid())));
        }
    }

    @Test
    void what_names_something_of_the_worker_is_answered_with_an_error_and_the_session_goes_on() throws Exception {
        try (var pool = browsers.pool(COLD);
                var browser = take(pool)) {
            var said = browsers.cdpClient(browser, """
                    const root = await browser.newBrowserCDPSession();
                    const page = await browser.newPage();
                    await page.setContent('<input type=file><title>still here</title>');
                    const ofPage = await page.context().newCDPSession(page);
                    const {root: document} = await ofPage.send('DOM.getDocument');
                    const {nodeId} = await ofPage.send('DOM.querySelector', {nodeId: document.nodeId, selector: 'input'});
                    const heard = [];
                    for (const [session, method, params] of [
                      [root, 'Browser.crash', {}],
                      [root, 'Target.exposeDevToolsProtocol', {targetId: 'any'}],
                      [root, 'Tethering.bind', {port: 9999}],
                      [root, 'Extensions.loadUnpacked', {path: '/tmp'}],
                      [root, 'Target.createBrowserContext', {proxyServer: 'http://127.0.0.1:1'}],
                      [ofPage, 'DOM.setFileInputFiles', {nodeId, files: ['/etc/passwd']}],
                    ])
                      heard.push(await session.send(method, params).then(() => 'done', error => /not for clients of a grid|cannot reach/.test(error.message)));
                    return heard.join() + ' ' + await page.title();
                    """);

            assertThat(said).isEqualTo("true,true,true,true,true,true still here");
        }
    }

    @Test
    void a_browser_that_dies_ends_its_session_and_nothing_of_one_is_left() throws Exception {
        try (var pool = browsers.pool(COLD)) {
            var killed = take(pool);
            var death = new CountDownLatch(1);
            killed.onDeath(death::countDown);
            var closed = take(pool);
            var folder = RealBrowsers.workerFolder(closed);

            ProcessHandle.of(killed.pid()).orElseThrow().destroyForcibly();
            closed.close();

            assertThat(death.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(killed.deathCause()).isEqualTo(Cause.BROWSER_CRASHED);
            killed.close();
            await().untilAsserted(() -> {
                assertThat(ProcessHandle.of(closed.pid())).isEmpty();
                try (var files = Files.walk(folder)) {
                    assertThat(files.map(Path::toString)).noneMatch(name -> name.matches(".*/cdp-\\w{6}(/.*)?"));
                }
            });
        }
    }

    private static PooledBrowser take(BrowserPool pool) throws InterruptedException {
        var result = pool.take(
                Optional.empty(), ClientProtocol.CDP, LaunchOverrides.NONE, Optional.empty(), RealBrowsers.PATIENCE);
        assertThat(result).isInstanceOf(TakeResult.Taken.class);
        return ((TakeResult.Taken) result).browser();
    }
}
