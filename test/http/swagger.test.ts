import { describe, expect, test } from "vitest";
import { testApp } from "./support.ts";

const swaggerAsset = async (name: string): Promise<Uint8Array<ArrayBuffer> | undefined> =>
  name.endsWith(".css") ? new Uint8Array(Buffer.from("body{}")) : undefined;
const { app } = testApp({ swaggerAsset, jwtPublicKey: new Uint8Array(32) });

describe("the documentation of the API", () => {
  test("is a page that loads nothing from elsewhere, and asks for no token", async () => {
    const response = await app.request("/swagger/");
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    const html = await response.text();
    expect(html).toContain("swagger-ui-bundle.js");
    expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    expect((await app.request("/swagger/index.html")).status).toBe(200);
  });

  test("is redirected to from the path without a slash, on which its links depend", async () => {
    const response = await app.request("/swagger");
    expect([response.status, response.headers.get("location")]).toEqual([307, "/swagger/"]);
  });

  test.each([
    ["swagger-ui.css", 200],
    ["swagger-ui-bundle.js", 404], // was not built in
    ["nope.css", 404],
    ["..%2f..%2fpackage.json", 404],
  ])("its file %s is answered %i", async (name, status) => {
    expect((await app.request(`/swagger/${name}`)).status).toBe(status);
  });

  test("describes every route and the requests they validate", async () => {
    const document = await (await app.request("/swagger/openapi.json")).json();
    expect(document.openapi).toBe("3.1.0");
    const ofJobs = ["job/data", "job/stats", "job/scoped-stats", "node/data", "node-list/data"];
    const routes = ["query", "write", "free", "healthcheck", "debug", "status", ...ofJobs];
    expect(Object.keys(document.paths).toSorted()).toEqual(routes.map((name) => `/api/${name}`).toSorted());
    const body = document.paths["/api/query"].post.requestBody.content["application/json"].schema;
    const fields = body.anyOf[0].properties;
    expect(fields["for-all-nodes"]).toMatchObject({ type: "array" });
    expect(fields.from).toMatchObject({ type: "integer", default: 0 });
    const health = document.paths["/api/healthcheck"].post.requestBody.content["application/json"].schema;
    expect(health.anyOf[0]).toMatchObject({ additionalProperties: false });
  });
});
