package dev.greenroom.worker.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Clients of the Chrome DevTools Protocol on the pipe of one browser, which the test plays.
@Timeout(60)
class CdpIT {
    private static final String[] NEEDED = {"commands.js", "timeline.js", "messages.js", "refusals.js"};

    /// `browser.says(message)`, `browser.heard`; `client()` has `says(message)`, `heard`, `ended`.
    private static final String BRIDGE = """
            const {Bridge} = require(process.argv[2]);
            const {EventEmitter} = require('node:events');
            const {PassThrough} = require('node:stream');
            const turn = () => new Promise(setImmediate);
            const toBrowser = new PassThrough(), fromBrowser = new PassThrough();
            const browser = {
              heard: [],
              says: message => fromBrowser.write((typeof message === 'string' ? message : JSON.stringify(message)) + '\\0'),
            };
            let sessions = 0;
            toBrowser.on('data', text => String(text).split('\\0').filter(it => it).map(JSON.parse).forEach(call => {
              if (call.method === 'Target.attachToBrowserTarget')
                browser.says({id: call.id, result: {sessionId: String(++sessions).padStart(32, '0')}});
              else
                browser.heard.push(call);
            }));
            const bridge = new Bridge(toBrowser, fromBrowser, {downloads: () => '/downloads', refusalOfProxy: async () => undefined});
            const client = async () => {
              const it = Object.assign(new EventEmitter(), {
                heard: [], ended: [], bufferedAmount: 0, resume() {}, pause() {}, terminate() {}, close(...how) { it.ended.push(how); },
                send(text, _, done) { it.heard.push(String(text)); done(); },
                says: async message => { it.emit('message', Buffer.from(JSON.stringify(message))); await turn(); },
              });
              bridge.connect(it, await bridge.attach(), why => it.ended.push(why));
              return it;
            };
            const one = '0'.repeat(31) + '1', child = 'C'.repeat(32);
            (async () => { %s })();
            """;

    @TempDir
    private Path folder;

    private String said(String text) throws Exception {
        return NodeScript.said(folder, "cdp.js", BRIDGE.replace("%s", text), NEEDED);
    }

    @Test
    void an_answer_comes_back_to_the_client_that_asked_with_the_number_that_it_chose() throws Exception {
        var said = said("""
                const first = await client(), second = await client();
                await first.says({id: 7, method: 'Browser.getVersion'});
                await second.says({id: 7, method: 'Browser.getVersion'});
                const [a, b] = browser.heard;
                console.log(a.id !== b.id, a.sessionId === b.sessionId);
                browser.says(`{"id":${b.id},"result":{"text":",\\\\"sessionId\\\\":\\\\"x\\\\"}"},"sessionId":"${b.sessionId}"}`);
                await turn();
                console.log(first.heard.length, second.heard[0]);
                """);

        assertThat(said.lines())
                .containsExactly("true false", "0 {\"id\":7,\"result\":{\"text\":\",\\\"sessionId\\\":\\\"x\\\"}\"}}");
    }

    @Test
    void an_event_goes_to_the_client_whose_session_it_belongs_to() throws Exception {
        var said = said("""
                const first = await client(), second = await client();
                browser.says(`{"method":"Target.attachedToTarget","params":{"sessionId":"${child}"},"sessionId":"${one}"}`);
                browser.says(`{"method":"Page.loadEventFired","params":{},"sessionId":"${child}"}`);
                browser.says('{"method":"Target.targetCreated","params":{}}');
                await turn();
                await first.says({id: 1, method: 'Page.enable', sessionId: child});
                await second.says({id: 2, method: 'Page.enable', sessionId: child});
                console.log(first.heard.join('\\n'));
                console.log(second.heard.join('\\n'));
                console.log(browser.heard.length, browser.heard[0].sessionId === child);
                """);

        assertThat(said.lines())
                .containsExactly(
                        "{\"method\":\"Target.attachedToTarget\",\"params\":{\"sessionId\":\"" + "C".repeat(32)
                                + "\"}}",
                        "{\"method\":\"Page.loadEventFired\",\"params\":{},\"sessionId\":\"" + "C".repeat(32) + "\"}",
                        "{\"id\":2,\"error\":{\"code\":-32001,\"message\":\"Session with given id not found.\"}}",
                        "1 true");
    }

    @Test
    void a_client_that_leaves_takes_what_it_attached_to_along() throws Exception {
        var said = said("""
                const first = await client();
                await first.says({id: 1, method: 'Page.enable'});
                first.emit('close');
                await turn();
                browser.says({id: browser.heard[0].id, result: {}});
                await turn();
                console.log(first.heard.length, JSON.stringify(browser.heard[1].params), browser.heard[1].method);
                """);

        assertThat(said).isEqualTo("0 {\"sessionId\":\"00000000000000000000000000000001\"} Target.detachFromTarget");
    }

    @Test
    void a_message_of_another_shape_ends_its_connection_and_a_refused_one_is_answered() throws Exception {
        var said = said("""
                const first = await client(), second = await client();
                await first.says({id: 'x', method: 'Browser.getVersion'});
                await second.says({id: 1, method: 'Browser.crash'});
                await second.says({id: 2, method: 'Browser.close'});
                console.log(first.ended[0]);
                console.log(second.heard.join('\\n'));
                console.log(JSON.stringify(second.ended), browser.heard.length);
                """);

        assertThat(said.lines())
                .containsExactly(
                        "its \"id\" is not number",
                        "{\"id\":1,\"error\":{\"code\":-32000,\"message\":\"Browser.crash is not for clients of a grid\"}}",
                        "{\"id\":2,\"result\":{}}",
                        "[[1000,\"closed with Browser.close\"]] 0");
    }

    @Test
    void a_list_of_no_parameters_is_what_a_stock_client_writes_and_any_other_ends_its_connection() throws Exception {
        var said = said("""
                const first = await client(), second = await client();
                await first.says({id: 1, method: 'Target.attachToBrowserTarget.again', params: []});
                await first.says({id: 2, method: 'Target.sendMessageToTarget', params: {sessionId: child,
                    message: JSON.stringify({id: 3, method: 'Browser.crash', params: []})}});
                await second.says({id: 1, method: 'Browser.getVersion', params: [1]});
                console.log(JSON.stringify(browser.heard.map(it => it.params)), first.ended.length);
                console.log(first.heard[1].includes('Browser.crash is not for clients of a grid'));
                console.log(second.ended[0]);
                """);

        assertThat(said.lines()).containsExactly("[{}] 0", "true", "its \"params\" is not object or missing");
    }

    @Test
    void commands_that_name_something_of_the_worker_are_refused_or_changed_also_in_other_messages() throws Exception {
        var said = NodeScript.said(folder, "commands.js", """
                const {judge} = require(process.argv[2]);
                const rules = {downloads: () => '/downloads', refusalOfProxy: async ({server}) => server.includes('10.0.0.1') ? 'private' : undefined};
                const nested = (method, params) => ['Target.sendMessageToTarget', {sessionId: 'S', message: JSON.stringify({id: 3, method, params})}];
                (async () => {
                  for (const [method, params] of [
                    ['Page.navigate', {url: 'https://example.com'}],
                    ['DOM.setFileInputFiles', {files: []}],
                    ['DOM.setFileInputFiles', {files: ['/etc/passwd']}],
                    ['Target.exposeDevToolsProtocol', {targetId: 'T'}],
                    ['Tethering.bind', {port: 1}],
                    ['Browser.setDownloadBehavior', {behavior: 'allow', downloadPath: '/tmp/x'}],
                    ['Target.createTarget', {url: 'about:blank', enableBeginFrameControl: true}],
                    ['Target.createBrowserContext', {proxyServer: 'http://127.0.0.1:8000'}],
                    ['Target.createBrowserContext', {proxyServer: 'localhost.:8000'}],
                    ['Target.createBrowserContext', {proxyServer: 'http=127.0.0.1:1;https=example.com'}],
                    ['Target.createBrowserContext', {proxyServer: 'socks5://10.0.0.1:1080'}],
                    ['Target.createBrowserContext', {proxyServer: 'http://proxy.example:8080'}],
                    nested('Page.navigate', {url: 'about:blank'}),
                    nested('Browser.setDownloadBehavior', {behavior: 'allow', downloadPath: '/tmp/x'}),
                    nested(...nested('Browser.crash', {})),
                  ]) {
                    const {refused, params: changed, answer, event} = await judge({id: 1, method, params}, rules);
                    console.log(refused ? 'no' : changed ? JSON.stringify(changed) : answer ? JSON.stringify(event) : 'yes');
                  }
                })();
                """, NEEDED);

        assertThat(said.lines())
                .containsExactly(
                        "yes",
                        "yes",
                        "no",
                        "no",
                        "no",
                        "{\"behavior\":\"allow\",\"downloadPath\":\"/downloads\"}",
                        "{\"url\":\"about:blank\"}",
                        "no",
                        "no",
                        "no",
                        "no",
                        "yes",
                        "yes",
                        "{\"sessionId\":\"S\",\"message\":\"{\\\"id\\\":3,\\\"method\\\":\\\"Browser.setDownloadBehavior\\\","
                                + "\\\"params\\\":{\\\"behavior\\\":\\\"allow\\\",\\\"downloadPath\\\":\\\"/downloads\\\"}}\"}",
                        "{\"method\":\"Target.receivedMessageFromTarget\",\"params\":{\"sessionId\":\"S\",\"message\":"
                                + "\"{\\\"method\\\":\\\"Target.receivedMessageFromTarget\\\",\\\"params\\\":{\\\"sessionId\\\":\\\"S\\\","
                                + "\\\"message\\\":\\\"{\\\\\\\"id\\\\\\\":3,\\\\\\\"error\\\\\\\":{\\\\\\\"code\\\\\\\":-32000,"
                                + "\\\\\\\"message\\\\\\\":\\\\\\\"Browser.crash is not for clients of a grid\\\\\\\"}}\\\"}}\"}}");
    }
}
