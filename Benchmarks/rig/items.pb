
 
items.protobench"è
	CreateReq
id (	Rid
name (	Rname
amount (Ramount
currency (	Rcurrency
active (Ractive
note (	Rnote"b

CreateResp
id (	Rid
status (	Rstatus
version (Rversion
name (	Rname26
Items-
Create.bench.CreateReq.bench.CreateRespbproto3