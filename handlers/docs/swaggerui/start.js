'use strict';

// Requests go to the server that this page came from, whatever scheme and host the document names: the page's policy
// allows nothing else. The token is entered without the word Bearer or with it. The document accepts any media type in
// bodies, which is nothing that can be sent; what people type here is JSON.
function prepare(request) {
  var target = new URL(request.url, window.location.href);
  target.protocol = window.location.protocol;
  target.host = window.location.host;
  request.url = target.href;
  Object.keys(request.headers || {}).forEach(function (name) {
    var value = String(request.headers[name]);
    switch (name.toLowerCase()) {
      case 'authorization':
        if (!/^bearer /i.test(value)) {
          request.headers[name] = 'Bearer ' + value.trim();
        }
        break;
      case 'content-type':
        if (value === '*/*') {
          request.headers[name] = 'application/json';
        }
        break;
    }
  });
  return request;
}

// Nothing is drawn before it is opened: the document has some 800 operations and 600 models. The token stays in memory.
window.ui = SwaggerUIBundle({
  url: 'doc.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  docExpansion: 'none',
  defaultModelsExpandDepth: -1,
  displayRequestDuration: true,
  filter: true,
  operationsSorter: 'alpha',
  persistAuthorization: false,
  requestInterceptor: prepare,
  syntaxHighlight: {activated: false},
  tagsSorter: 'alpha',
  validatorUrl: null
});
