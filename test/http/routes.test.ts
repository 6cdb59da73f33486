import { describe, expect, test } from "vitest";
import { cleanPath } from "../../src/http/clean-path.ts";
import { statusAndText, testApp } from "./support.ts";

const EMPTY_HEALTH = { method: "POST", body: "{}" };

describe("paths", () => {
  const paths = ["/api/healthcheck", "/api/healthcheck/", "/api/healthcheck/x", "/api/healthcheck/x/y/"];
  test.each(paths)("%s is answered", async (path) => {
    expect(await statusAndText(testApp().app.request(path, EMPTY_HEALTH))).toEqual([200, "{}\n"]);
  });

  test.each(["/", "/api", "/api/", "/api/nope", "/api/querys", "/API/query", "/swagger", "/swagger/"])(
    "%s is not found",
    async (path) => {
      const response = await testApp().app.request(path);
      expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
      expect(await statusAndText(response)).toEqual([404, "404 page not found\n"]);
    },
  );

  test.each([
    ["//api/query", "/api/query"],
    ["/api//query/?version=v2&x=%20", "/api/query/?version=v2&x=%20"],
    ["/api/query//", "/api/query/"],
    ["//nope//", "/nope/"],
  ])("%s is redirected to %s", async (path, location) => {
    const response = await testApp().app.request(`http://localhost${path}`);
    expect([response.status, response.headers.get("location")]).toEqual([307, location]);
  });

  test.each([
    ["/", "/"],
    ["/a/b", "/a/b"],
    ["/a/b/", "/a/b/"],
    ["//a///b", "/a/b"],
    ["/./a/./b/.", "/a/b"],
    ["/a/../b", "/b"],
    ["/a/..", "/"],
    ["/../../a/", "/a/"],
    ["/..", "/"],
    ["//", "/"],
    ["/a/...", "/a/..."],
  ])("the clean form of %s is %s", (path, clean) => {
    expect(cleanPath(path)).toBe(clean);
  });
});

describe("methods", () => {
  test.each([
    ["GET", "/api/write", "POST"],
    ["HEAD", "/api/write", "POST"],
    ["PUT", "/api/write/x", "POST"],
    ["GET", "/api/free/", "POST"],
    ["PUT", "/api/query", "GET, HEAD, POST"],
    ["OPTIONS", "/api/query", "GET, HEAD, POST"],
    ["DELETE", "/api/healthcheck", "GET, HEAD, POST"],
    ["POST", "/api/debug", "GET, HEAD"],
    ["POST", "/api/status", "GET, HEAD"],
    ["POST", "/swagger/", "GET, HEAD"],
  ])("%s %s is answered 405 with Allow: %s, also without a token", async (method, path, allow) => {
    const { app } = testApp({ jwtPublicKey: new Uint8Array(32) });
    const response = await app.request(path, { method });
    expect([response.status, response.headers.get("allow")]).toEqual([405, allow]);
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(await response.text()).toBe(method === "HEAD" ? "" : "Method Not Allowed\n");
  });

  test("HEAD answers with the headers of GET and no body", async () => {
    const { app } = testApp();
    const get = await app.request("/api/status");
    const head = await app.request("/api/status", { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe(String((await get.text()).length));
    expect(await statusAndText(head)).toEqual([200, ""]);
  });
});

describe("status and errors", () => {
  test("the status is JSON with a newline, safe inside HTML", async () => {
    const response = await testApp().app.request("/api/status/");
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.text()).toBe('{"series":3,"note":"a\\u003cb"}\n');
  });

  test("a failure of the server is reported to the operator, not to the client", async () => {
    const { app, services } = testApp({
      status: () => {
        throw new Error("disk /secret is full");
      },
    });
    const [status, text] = await statusAndText(app.request("/api/status"));
    expect(status).toBe(500);
    expect(text).toBe('{"status":"Internal Server Error","error":"internal error, see the server\'s log"}\n');
    expect(services.reported).toEqual(["GET /api/status: Error: disk /secret is full"]);
  });
});
