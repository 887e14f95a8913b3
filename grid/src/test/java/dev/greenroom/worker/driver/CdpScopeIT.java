package dev.greenroom.worker.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What belongs to a client of a browser that others use too: contexts A and, once it has created that, B.
@Timeout(60)
class CdpScopeIT {
    private static final String SCOPE = """
            const {Scope, isInternal} = require(process.argv[2]);
            const scope = new Scope(() => new Set(['A']), async target => ({t1: 'A', t2: 'B', t3: 'C'})[target]);
            const say = it => console.log(JSON.stringify(it));
            const [browser, page] = ['browser', 'page'].map(level => scope.session(level));
            const said = async (session, method, params) => {
              const {error} = await session.command(method, params);
              say(error ? error.message.replace(/ is about .*| needs .*| of the browser itself .*/, '') : 'passes');
            };
            """;

    @TempDir
    private Path folder;

    @Test
    void a_context_that_a_client_creates_is_its_own_until_it_disposes_of_it() throws Exception {
        var said = said("""
                await said(browser, 'Target.closeTarget', {targetId: 't2'});
                say((await browser.command('Target.createBrowserContext', {disposeOnDetach: false})).params);
                browser.result('Target.createBrowserContext', {browserContextId: 'B'});
                await said(page, 'Target.closeTarget', {targetId: 't2'});
                say(browser.result('Target.getBrowserContexts', {browserContextIds: ['A', 'B', 'C'], defaultBrowserContextId: 'D'}));
                await said(browser, 'Target.disposeBrowserContext', {browserContextId: 'B'});
                await said(browser, 'Target.closeTarget', {targetId: 't2'});
                """);

        assertThat(said.lines())
                .containsExactly(
                        "\"No target found for targetId\"",
                        "{\"disposeOnDetach\":true}",
                        "\"passes\"",
                        "{\"browserContextIds\":[\"A\",\"B\"]}",
                        "\"passes\"",
                        "\"No target found for targetId\"");
    }

    @Test
    void each_session_of_a_client_hears_of_its_own_targets_and_of_no_others() throws Exception {
        var said = said("""
                const info = (targetId, browserContextId) => ({targetInfo: {targetId, browserContextId, type: 'page'}});
                for (const session of [browser, page])
                  say([
                    session.delivers('Target.targetCreated', info('t1', 'A')), session.delivers('Target.targetCreated', info('t3', 'C')),
                    session.delivers('Target.targetCreated', {targetInfo: {targetId: 'x', type: 'browser'}}),
                    session.delivers('Target.attachedToTarget', {...info('t1', 'A'), sessionId: 's1'}),
                    session.delivers('Target.attachedToTarget', {...info('t3', 'C'), sessionId: 's3'}),
                    session.delivers('Target.receivedMessageFromTarget', {sessionId: 's1'}),
                    session.delivers('Target.receivedMessageFromTarget', {sessionId: 's3'}),
                    session.delivers('Target.detachedFromTarget', {sessionId: 's1'}), session.delivers('Target.detachedFromTarget', {sessionId: 's3'}),
                    session.delivers('Target.targetDestroyed', {targetId: 't1'}), session.delivers('Target.targetDestroyed', {targetId: 't3'}),
                    session.delivers('Target.ofVersion2', {targetId: 't3'}), session.delivers('Network.loadingFinished', {}),
                  ].map(Number).join(''));
                """);

        assertThat(said.lines()).containsExactly("\"1001010101001\"", "\"1001010101001\"");
    }

    @Test
    void what_is_about_the_whole_browser_is_refused_also_in_versions_to_come() throws Exception {
        var said = said("""
                await said(browser, 'Page.enable');
                await said(browser, 'Browser.ofVersion2');
                await said(page, 'Browser.ofVersion2');
                await said(page, 'Target.ofVersion2');
                await said(page, 'Page.ofVersion2');
                await said(browser, 'Target.createTarget', {url: 'about:blank', browserContextId: null});
                await said(page, 'Browser.getWindowBounds', {windowId: 1});
                page.result('Browser.getWindowForTarget', {windowId: 1});
                await said(browser, 'Browser.getWindowBounds', {windowId: 1});
                """);

        assertThat(said.lines())
                .containsExactly(
                        "\"Page.enable\"",
                        "\"Browser.ofVersion2\"",
                        "\"Browser.ofVersion2\"",
                        "\"Target.ofVersion2\"",
                        "\"passes\"",
                        "\"Target.createTarget\"",
                        "\"Browser window not found\"",
                        "\"passes\"");
    }

    @Test
    void the_browsers_own_pages_are_recognized_however_their_address_is_spelled() throws Exception {
        var said = said("""
                say(['chrome://gpu', ' CHROME:gpu', 'ch\\trome://gpu', 'view-source:view-source: chrome://gpu', 'about:version',
                    'about:blankx', 'devtools://x', 'chrome-untrusted://x'].map(isInternal));
                say(['about:blank', 'about:srcdoc', 'about:blank#x', 'http://chrome/', 'data:text/html,chrome://gpu', 'view-source:http://a',
                    './gpu', '', undefined].map(isInternal));
                """);

        assertThat(said.lines())
                .satisfiesExactly(
                        internal -> assertThat(internal).contains("true").doesNotContain("false"),
                        others -> assertThat(others).contains("false").doesNotContain("true"));
    }

    private String said(String text) throws Exception {
        return NodeScript.said(folder, "cdp-scope.js", SCOPE + "(async () => {\n" + text + "})();");
    }
}
